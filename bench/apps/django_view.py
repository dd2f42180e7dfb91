# mypy: ignore-errors
"""The unit status as a Django REST framework view over the same tables.

Written as its documentation teaches: models, a serializer with nested parts, a generic view, an authentication
class that looks the key up. `BENCH_DJANGO_DATABASE` names the SQLite file.
"""

from __future__ import annotations

import hashlib
import logging
import os
from typing import Any

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ["BENCH_DJANGO_DATABASE"],
                "CONN_MAX_AGE": None,
            }
        },
        DEBUG=False,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["rest_framework"],
        LOGGING_CONFIG=None,
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        REST_FRAMEWORK={
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "UNAUTHENTICATED_USER": None,
        },
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",
        TIME_ZONE="Asia/Shanghai",
        USE_TZ=True,
    )
    django.setup()
    logging.getLogger("django.request").setLevel(logging.ERROR)

from django.db import models
from django.urls import path
from django.utils import timezone
from rest_framework import authentication, exceptions, generics, permissions, serializers

OPEN = ("open", "returned")


class Unit(models.Model):
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    parent = models.ForeignKey("Unit", null=True, on_delete=models.DO_NOTHING)

    class Meta:
        app_label, managed, db_table = "bench", False, "unit"


class Campaign(models.Model):
    template_key = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=64)
    ord = models.IntegerField()

    class Meta:
        app_label, managed, db_table = "bench", False, "campaign"


class Milestone(models.Model):
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING)
    name = models.CharField(max_length=200)
    due_at = models.DateTimeField(null=True)
    provisional = models.BooleanField()

    class Meta:
        app_label, managed, db_table = "bench", False, "milestone"


class UnitRun(models.Model):
    pk = models.CompositePrimaryKey("campaign_id", "unit_id")
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING)
    unit = models.ForeignKey(Unit, related_name="runs", on_delete=models.DO_NOTHING)
    state = models.CharField(max_length=64)
    ord = models.IntegerField()
    since = models.DateTimeField()
    version = models.IntegerField()
    outcome = models.CharField(max_length=64, null=True)

    class Meta:
        app_label, managed, db_table = "bench", False, "unit_run"


class Obligation(models.Model):
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING)
    milestone = models.ForeignKey(Milestone, on_delete=models.DO_NOTHING)
    unit = models.ForeignKey(Unit, on_delete=models.DO_NOTHING)
    status = models.CharField(max_length=16)
    due_at = models.DateTimeField(null=True)

    class Meta:
        app_label, managed, db_table = "bench", False, "obligation"

    @property
    def due(self) -> Any:
        return self.due_at or self.milestone.due_at


class ApiKey(models.Model):
    sha256 = models.CharField(max_length=64)
    revoked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    is_authenticated = True

    class Meta:
        app_label, managed, db_table = "bench", False, "api_key"


class KeyAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[ApiKey, None]:
        token = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        hashed = hashlib.sha256(token.encode()).hexdigest()
        key = ApiKey.objects.filter(sha256=hashed, revoked_at=None).first()
        if key is None or (key.expires_at and key.expires_at <= timezone.now()):
            raise exceptions.AuthenticationFailed
        return key, None


class CampaignSerializer(serializers.ModelSerializer):
    class Meta:
        model = Campaign
        fields = ("id", "template_key", "title", "state")


class RunSerializer(serializers.ModelSerializer):
    campaign = CampaignSerializer()
    behind = serializers.SerializerMethodField()
    open = serializers.SerializerMethodField()
    overdue = serializers.SerializerMethodField()
    next_due = serializers.SerializerMethodField()

    class Meta:
        model = UnitRun
        fields = (
            *("campaign", "state", "since", "behind", "open"),
            *("overdue", "next_due", "outcome", "version"),
        )

    def _owed(self, run: UnitRun) -> list[Obligation]:
        if not hasattr(run, "owed"):
            run.owed = list(
                Obligation.objects.filter(
                    campaign=run.campaign_id, unit=run.unit_id, status__in=OPEN
                ).select_related("milestone")
            )
        return run.owed

    def get_behind(self, run: UnitRun) -> bool:
        return run.campaign.ord > run.ord

    def get_open(self, run: UnitRun) -> int:
        return len(self._owed(run))

    def get_overdue(self, run: UnitRun) -> int:
        now = timezone.now()
        return sum(1 for one in self._owed(run) if one.due and one.due < now)

    def get_next_due(self, run: UnitRun) -> dict[str, Any] | None:
        dated = sorted((one for one in self._owed(run) if one.due), key=lambda one: one.due)
        if not dated:
            return None
        first = dated[0]
        return {
            "obligation": first.pk,
            "name": first.milestone.name,
            "due": timezone.localtime(first.due).isoformat(),
            "provisional": first.milestone.provisional,
        }


class UnitSerializer(serializers.ModelSerializer):
    parent = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = Unit
        fields = ("code", "name", "kind", "parent")


class StatusSerializer(serializers.ModelSerializer):
    unit = UnitSerializer(source="*")
    as_of = serializers.SerializerMethodField()
    campaigns = RunSerializer(source="runs", many=True)

    class Meta:
        model = Unit
        fields = ("unit", "as_of", "campaigns")

    def get_as_of(self, _unit: Unit) -> str:
        return timezone.localtime().isoformat()


class StatusView(generics.RetrieveAPIView):
    authentication_classes = [KeyAuthentication]  # noqa: RUF012
    permission_classes = [permissions.IsAuthenticated]  # noqa: RUF012
    lookup_field = "code"
    serializer_class = StatusSerializer
    queryset = Unit.objects.select_related("parent").prefetch_related(
        models.Prefetch("runs", UnitRun.objects.select_related("campaign"))
    )


urlpatterns = [path("units/<str:code>/status", StatusView.as_view())]


def create_app() -> Any:
    """The view behind WSGI in uvicorn's threads: twice as quick here as behind Django's own ASGI handler."""
    from django.core.wsgi import get_wsgi_application
    from uvicorn.middleware.wsgi import WSGIMiddleware

    return WSGIMiddleware(get_wsgi_application())
