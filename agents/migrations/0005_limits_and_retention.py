from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_approvals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="run", name="pruned_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("finished_at", None)),
                fields=["user", "thread"],
                name="run_live_of_user",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("pruned_at", None)),
                fields=["finished_at"],
                name="run_to_be_pruned",
            ),
        ),
    ]
