"""Users by what people call them."""

from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import User


def named(login: str) -> User | None:
    """
    The user of this name or e-mail address, in any case. No name holds an @.

    Compared as the constraints on both compare. `iexact` compares capitals on PostgreSQL, where the
    dotless i has the capital of i: who took a name with one was found for the name without.
    """
    asked = Lower(Value(login))
    by_address = ~Q(email="") & Q(Exact(Lower("email"), asked))
    return User.objects.filter(Q(Exact(Lower("username"), asked)) | by_address).first()
