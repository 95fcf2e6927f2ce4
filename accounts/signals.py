"""What other apps may want to know of accounts, which knows none of them."""

from django.dispatch import Signal

log_ins_ended = Signal()
"""
Sent after the commit that ended log-ins or API keys of a user, with `user_id`. A hint: which of
them have ended, the database says (`accounts.sessions`).
"""
