import pytest

from experiment.online.settings import OnlineSettings
from tricky.core.errors import InputError
from tricky.core.settings import validated

WRONG = {
    "no scheme": ({"address": "study.example.org"}, "an address that begins with https://"),
    "a query": ({"address": "https://a.org/?x=1"}, "an address that begins with https://"),
    "digits": ({"prefix": "web1"}, "letters, at most 20"),
    "no participant": ({"max_participants": 0}, "at least 1"),
    "no parameter": ({"recruitment_parameters": []}, "at least 1 entry"),
    "a bad parameter": ({"recruitment_parameters": ["a b"]}, "the name of a parameter"),
    "twice": ({"recruitment_parameters": ["ID", "id"]}, "names that differ"),
    "a code without": ({"completion": {"address": "https://a.org"}}, "`complete`, the code"),
    "an unknown browser": ({"require": {"browsers": ["netscape"]}}, "browsers"),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_named_in_one_line(content, said):
    with pytest.raises(InputError, match=said) as raised:
        validated(OnlineSettings, content, where="study.toml: [online]")
    assert len(str(raised.value).splitlines()) == 1


def test_an_address_may_have_a_path_and_a_slash_at_its_end():
    assert OnlineSettings(address="https://lab.example.org/study/").address == "https://lab.example.org/study"
