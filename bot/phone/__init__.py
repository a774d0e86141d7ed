"""All of Twilio: what it is sent, what it sends, its error codes, its look."""
