"""A small SMS gateway on smppcore: HTTP in, a carrier link out, webhooks back. See ../README.md."""
