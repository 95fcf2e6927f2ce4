"""The admin's pages of accounts; importing it registers them."""

from accounts.admin import attempts as attempts
from accounts.admin import credentials as credentials
from accounts.admin import users as users
