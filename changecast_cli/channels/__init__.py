"""changecast channels: a customer's chats and webhooks, in its own account."""
