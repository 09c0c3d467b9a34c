"""Images, and machines that haven't got them."""

from tricky.study import open_study


def test_a_report_can_do_without_the_images_but_takes_those_that_are_there(tmp_path):
    (tmp_path / "study.toml").write_text('[images]\nsource = "folder"\npath = "photographs"\n')
    study = open_study(tmp_path)
    assert study.open_images_if_here() is None
    (tmp_path / "photographs").mkdir()
    source = study.open_images_if_here()
    assert source is not None
    assert source.name == "folder:photographs"
