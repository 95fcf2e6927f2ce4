from django.contrib.admin.apps import SimpleAdminConfig


class AdministrationConfig(SimpleAdminConfig):
    # The paths look for the apps' pages: workers need no admin.
    default_site = "netra.administration.site.NetraSite"
