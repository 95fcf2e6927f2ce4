"""The admin as a whole; its pages are in `accounts.admin` and `agents.admin`."""
