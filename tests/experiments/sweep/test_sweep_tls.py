"""Claims about sweeps over TLS: the scheduler and its workers are talked to in private, or not at all."""

import shutil
import subprocess

import pytest
from click.testing import CliRunner
from distributed import LocalCluster

from experiments.cli.main import main
from experiments.plan.problem import SweepError
from experiments.run.sweep import dask_cluster
from experiments.run.sweep.certificate import Certificates, read_certificates
from experiments.run.sweep.run import Where, sweep
from tests.experiments.sweep.test_sweep import both
from tests.support.sweep_plan import plan_of

OPENSSL = shutil.which("openssl")
AUTHORITY = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem"
REQUEST = "req -newkey rsa:2048 -nodes -subj /CN=backstop -keyout own.key -out own.csr"
SIGNED = "x509 -req -days 2 -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out own.pem"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the certificate of an authority, one that it signed, and its key."""
    if OPENSSL is None:
        pytest.skip("there is no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")
    for words in (AUTHORITY, REQUEST, SIGNED):
        subprocess.run([OPENSSL, *words.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def options(place):
    return {"tls_ca_file": str(place / "ca.pem"), "tls_cert": str(place / "own.pem"), "tls_key": str(place / "own.key")}


def spoken(options):
    return [word for name, file in options.items() for word in (f"--{name.replace('_', '-')}", file)]


@pytest.fixture
def address(options):
    """The address of a scheduler with a worker, both of which talk in private only."""
    security = read_certificates(options, None, True).security()
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tls://", security=security, host="127.0.0.1",
        dashboard_address="127.0.0.1:0", silence_logs=False,
    ) as there:  # fmt: skip
        yield there.scheduler_address


def test_a_sweep_over_tls_gives_the_same_rows_and_without_certificates_none(tmp_path, address, options, monkeypatch):
    plan = plan_of(tmp_path)
    where = Where(address=address, certificates=read_certificates(options, address, False))
    assert sweep(plan, tmp_path / "private", open_executor=where.open, quiet=True).complete
    sweep(plan, tmp_path / "one", quiet=True)
    assert both(tmp_path / "one") == both(tmp_path / "private")
    monkeypatch.setattr(dask_cluster, "REACH", 1)
    with pytest.raises(SweepError, match="cannot be reached") as caught:
        sweep(plan, tmp_path / "open", open_executor=Where(address=address.replace("tls", "tcp")).open, quiet=True)
    assert caught.value.code == 2 and len(caught.value.problems) == 1


def test_what_is_not_encrypted_is_refused(options):
    security = read_certificates(options, None, True).security()
    assert security.require_encryption and security.get_connection_args("client")["require_encryption"]
    assert Certificates().security() is None


def wrong(tmp_path, *words):
    """Return the one line that refuses a sweep with `words`, which writes nothing."""
    (tmp_path / "plan.toml").write_text('process = "gbm"\n[fields]\ntrader.number = [5]\n')
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["sweep", str(tmp_path / "plan.toml"), "--out", str(out), "--quiet", *words])
    assert result.exit_code == 2 and not out.exists(), result.output
    (line,) = result.stderr.splitlines()
    return line


TLS = ["--scheduler", "tls://127.0.0.1:1"]


@pytest.mark.parametrize("name", ["tls_ca_file", "tls_cert", "tls_key"])
@pytest.mark.parametrize("file", ["absent.pem", "", ".", "no.pem", "a\0b"])
def test_a_file_that_is_none_is_one_line(tmp_path, options, name, file):
    (tmp_path / "no.pem").write_text("no certificate")
    line = wrong(tmp_path, *TLS, *spoken(options | {name: file and str(tmp_path / file)}))
    assert line.startswith("error: --tls-ca-file: " if name == "tls_ca_file" else "error: --tls-")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (TLS, "allowed is with --tls-ca-file and --tls-cert"),
        ([*TLS, "--tls-ca-file", __file__], "allowed is with --tls-cert"),
        (["--scheduler", "tcp://127.0.0.1:1", "--tls-cert", __file__], "allowed is --scheduler tls://"),
        (["--workers", "2", "--tls-key", __file__], "allowed is --scheduler tls://"),
    ],
)
def test_certificates_that_are_lacking_or_of_no_use_are_one_line(tmp_path, words, said):
    assert said in wrong(tmp_path, *words)


def test_a_key_of_another_certificate_or_with_a_password_is_one_line(tmp_path, place, options):
    assert "its own key" in wrong(tmp_path, *TLS, *spoken(options | {"tls_key": str(place / "ca.key")}))
    locked = ["rsa", "-aes256", "-passout", "pass:secret", "-in", place / "own.key", "-out", tmp_path / "locked.key"]
    subprocess.run([OPENSSL, *locked], check=True, capture_output=True)
    line = wrong(tmp_path, *TLS, *spoken(options | {"tls_key": str(tmp_path / "locked.key")}))
    assert "without a password" in line
