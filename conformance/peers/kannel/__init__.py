"""Drives Kannel's bearerbox and smsbox, which bind as an ESME."""
