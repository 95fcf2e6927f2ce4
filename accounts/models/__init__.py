"""Users, and everything that proves that a caller is one of them."""

from accounts.models.credential import Credential as Credential
from accounts.models.credential import new_family as new_family
from accounts.models.key import ApiKey as ApiKey
from accounts.models.log_in import LogIn as LogIn
from accounts.models.secret import OneTimeSecret as OneTimeSecret
from accounts.models.secret import Purpose as Purpose
from accounts.models.secret import digest_of as digest_of
from accounts.models.user import User as User
