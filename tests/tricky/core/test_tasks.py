from __future__ import annotations

import pytest

from tricky.core import tasks
from tricky.core.tasks import TaskEntry, check_task, declaration, known_tasks, register


@pytest.mark.parametrize("task", known_tasks())
@pytest.mark.parametrize("package", ["stimuli", "experiment", "analysis"])
def test_every_package_declares_every_task(task, package):
    assert declaration(task, package) is declaration(task, package)


@pytest.mark.parametrize("task", known_tasks())
def test_the_report_names_the_places_of_images_as_the_task_does(task):
    assert tuple(place.name for place in declaration(task, "analysis").places) == tasks._ENTRIES[task].places


def test_an_unknown_task_is_refused_with_the_names_of_all_known_ones():
    with pytest.raises(ValueError, match=r'the name of a task \(2afc, single, rating.*did you mean "single"'):
        check_task("singel")


def test_two_tasks_cannot_share_a_name():
    with pytest.raises(ValueError, match="another task 'single'"):
        register(TaskEntry("single", "a:B", "c:D", "e:F", ("image",)))
