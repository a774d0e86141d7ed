"""Stand-ins for Slack and Twilio: real servers on loopback, for the real SDKs by base URL."""
