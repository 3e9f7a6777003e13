"""The inventory: CSV and `describe-instances`, hostile or broken."""

import json
from pathlib import Path

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.inventory import Inventory, Machine


def load(tmp_path: Path, content: str | bytes) -> Inventory:
    path = tmp_path / "machines"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Inventory.load(path)


class TestCsv:
    def test_ids_names_environments_tags(self, tmp_path: Path) -> None:
        found = load(tmp_path, "instance_id,name,environment,Team\ni-1,web-1,prod,core\ni-2,,,\nmi-3,box,dev,\n")
        assert found.machines == (
            Machine("i-1", "web-1", "prod", {"team": "core"}),
            Machine("i-2"),
            Machine("mi-3", "box", "dev"),
        )
        assert found.names == {"i-1": "web-1", "mi-3": "box"}
        assert found.repeated == 0

    @pytest.mark.parametrize(
        "content",
        [
            "\ufeffInstance_ID;Name\r\n".replace(";", ",") + "i-1,web-1\r\n",
            "Name,ENV,InstanceId\nweb-1,,i-1",
            " name , instance_id \n web-1 , i-1 \n\n",
            'name,instance_id\n"web-1",i-1\n,,\n',
            "instance_id,name\ni-1,web-1,more,than,columns\n",
        ],
    )
    def test_forms(self, tmp_path: Path, content: str) -> None:
        assert load(tmp_path, content).machines == (Machine("i-1", "web-1"),)

    def test_hostile_text_is_kept_as_it_is(self, tmp_path: Path) -> None:
        name = '=cmd|\x1b[2J\x00\u202e"\n,[/x]'
        quoted = name.replace('"', '""')
        found = load(tmp_path, f'instance_id,name\ni-1,"{quoted}"\ni-2,{"x" * 300_000}\n')
        assert [machine.name for machine in found.machines] == [name, "x" * 300_000]

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        assert load(tmp_path, b"instance_id,name\ni-1,caf\xe9\n").machines[0].name == "caf\ufffd"

    def test_the_last_of_several_counts(self, tmp_path: Path) -> None:
        found = load(tmp_path, "instance_id,name\ni-1,old\ni-2,x\ni-1,mid\ni-1,new\n")
        assert found.machines == (Machine("i-1", "new"), Machine("i-2", "x"))
        assert found.repeated == 2

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "has no column instance_id in line 1; its header is to be instance_id,name,environment."),
            ("i-1,web-1\n", "has no column instance_id in line 1; its header is to be instance_id,name,environment."),
            ("instance_id,name\ni-1,a\n,web-2\n", "has no instance id in line 3."),
            ('instance_id,name\ni-1,"a\n\nb"\n,web-2\n', "has no instance id in line 5."),
            ('instance_id,name\ni-1,"a\n', "is no CSV in line 2: unexpected end of data."),
            ('instance_id,name\n"i-1"x,a\n', "is no CSV in line 2: ',' expected after '\"'."),
        ],
    )
    def test_what_is_wrong_has_a_file_and_a_line(self, tmp_path: Path, content: str, said: str) -> None:
        with pytest.raises(SourceError) as error:
            load(tmp_path, content)
        assert str(error.value) == f"The inventory {tmp_path / 'machines'} {said}"


class TestJson:
    def test_describe_instances(self, tmp_path: Path) -> None:
        tags = [{"Key": "Name", "Value": "web-1"}, {"Key": "Stage", "Value": "prod"}, {"Key": "Team", "Value": "core"}]
        content = {"Reservations": [{"Instances": [{"InstanceId": "i-1", "Tags": tags}, {"InstanceId": "i-2"}]}, {}]}
        found = load(tmp_path, json.dumps(content))
        assert found.machines == (Machine("i-1", "web-1", "prod", {"Team": "core"}), Machine("i-2"))

    def test_environment_wins_over_the_other_tags(self, tmp_path: Path) -> None:
        tags = [{"Key": "stage", "Value": "s"}, {"Key": "ENV", "Value": "e"}, {"Key": "Environment", "Value": ""}]
        found = load(tmp_path, json.dumps([{"InstanceId": "i-1", "Tags": tags}]))
        assert found.machines == (Machine("i-1", None, "e", {"stage": "s"}),)

    def test_several_answers_in_an_array(self, tmp_path: Path) -> None:
        answer = {"Reservations": [{"Instances": [{"InstanceId": "i-1", "Tags": "none"}]}]}
        assert load(tmp_path, json.dumps([answer, {"Reservations": []}])).machines == (Machine("i-1"),)

    @pytest.mark.parametrize("content", ["[]", '{"Reservations": []}'])
    def test_no_machines_is_an_answer(self, tmp_path: Path, content: str) -> None:
        assert load(tmp_path, content) == Inventory()

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ('{\n"Reservations": [', "is no JSON in line 2: Expecting value."),
            ('{"Machines": []}', "has no Reservations[].Instances[] as of `aws ec2 describe-instances`."),
            ('{"Reservations": 7}', "has no Reservations[].Instances[] as of `aws ec2 describe-instances`."),
            ('[{"InstanceId": "i-1"}, {"InstanceId": 7}]', "has no InstanceId in instance 2."),
            ("[" * 100_000, "is nested too deeply to be JSON of describe-instances."),
        ],
    )
    def test_what_is_wrong(self, tmp_path: Path, content: str, said: str) -> None:
        with pytest.raises(SourceError) as error:
            load(tmp_path, content)
        assert str(error.value) == f"The inventory {tmp_path / 'machines'} {said}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        Inventory.load(tmp_path / "none.csv")
    assert str(error.value) == f"The inventory {tmp_path / 'none.csv'} cannot be read: No such file or directory."
