"""REST: `/api/auth/…`."""
