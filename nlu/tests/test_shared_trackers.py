"""Two real Rasas over one PostgreSQL and one Redis are one Rasa to whoever writes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.tests.actions import FakeActions
from nlu.tests.server import Rasa, Talk, start_rasa
from nlu.tests.test_locks import RedisServer
