"""What a Netra needs before its first process starts, and again after each upgrade."""

from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from agents.models import Dataset
from agents.services.agents import install_shipped_agents
from agents.services.datasets import install_demo

DEMO_USER = "demo"


def prepare_database() -> None:
    """Migrate, and make the shipped agents."""
    call_command("migrate", verbosity=0)
    install_shipped_agents()


def prepare_demo_user() -> User:
    """The demo user, made if there is none; without a password: only links let it in."""
    demo = User.objects.filter(username=DEMO_USER).first()
    return demo or User.objects.create_user(DEMO_USER)


def prepare_demo_data() -> Dataset:
    """The usage log that all users may ask about; raises NetraError if it cannot be stored."""
    return install_demo(timezone.now())
