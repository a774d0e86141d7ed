"""Stand-ins for Slack and Twilio: real servers on loopback that the real SDKs talk to by base URL."""
