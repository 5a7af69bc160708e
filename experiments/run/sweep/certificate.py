"""Certificates, by which the scheduler, its workers and the driver know each other, and talk in private.

Dask's protocol is pickle without a password: who reaches a port can run code. Over ``tls://`` everyone shows a
certificate that the same authority has signed, and nobody else is listened to. The options are called as those of
``dask scheduler`` and ``dask worker``; what is not named is taken from Dask's own configuration.
"""

import ssl
from typing import TYPE_CHECKING, NamedTuple

from experiments.plan.problem import SweepError, named

if TYPE_CHECKING:
    from distributed import Security

TLS = "tls://"
OPTIONS = {"ca_file": "--tls-ca-file", "cert": "--tls-cert", "key": "--tls-key"}
PLACES = {"ca_file": "ca-file", "cert": "client.cert", "key": "client.key"}


class Certificates(NamedTuple):
    """Files in PEM: of the authority, the own certificate, and its key where that is in a file of its own."""

    ca_file: str | None = None
    cert: str | None = None
    key: str | None = None

    def security(self) -> "Security | None":
        """Return what Dask asks for, which refuses whatever is not encrypted; None where there are no certificates."""
        if not self.cert:
            return None
        from distributed import Security  # noqa: PLC0415

        pair = {
            f"tls_{who}_{part}": getattr(self, part)
            for who in ("client", "worker", "scheduler")
            for part in ("cert", "key")
        }
        return Security(require_encryption=True, tls_ca_file=self.ca_file, **pair)


def read_certificates(typed: dict, address: str | None, slurm: bool) -> Certificates:
    """Return the certificates to use.

    Parameters
    ----------
    typed : the options by name, such as ``tls_cert``.
    address : of a scheduler, if any.
    slurm : whether the scheduler is begun here for SLURM jobs.

    Raises
    ------
    SweepError
        If some are needed and not there, are there and not needed, or cannot be used.
    """
    said = {part: str(typed[f"tls_{part}"]) for part in OPTIONS if typed.get(f"tls_{part}") is not None}
    for part, file in said.items():
        _require_readable(OPTIONS[part], file)
    secret = (address or "").startswith(TLS)
    if not (said or secret):
        return Certificates()
    if not (secret or slurm):
        where = f"--scheduler {address}" if address else "no --scheduler"
        raise SweepError(f"{OPTIONS[next(iter(said))]} with {where}: allowed is --scheduler {TLS}HOST:PORT, or --slurm")
    whole = Certificates(**(_configured(said) | said))
    lacking = [OPTIONS[part] for part in ("ca_file", "cert") if not getattr(whole, part)]
    if lacking:
        raise SweepError(f"{address or '--slurm'}: allowed is with {' and '.join(lacking)}")
    _check(whole)
    return whole


def _configured(said: dict[str, str]) -> dict[str, str]:
    """Return what Dask's configuration names; its key goes with its certificate only."""
    import dask  # noqa: PLC0415

    found = {part: dask.config.get(f"distributed.comm.tls.{name}", None) for part, name in PLACES.items()}
    return {part: str(file) for part, file in found.items() if file and not (part == "key" and "cert" in said)}


def _check(files: Certificates) -> None:
    """Raise SweepError where a file cannot be read, is not what it should be, or does not go with the others."""
    for part, option in OPTIONS.items():
        _require_readable(option, getattr(files, part))
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=files.ca_file)
    except (OSError, ValueError) as error:
        raise SweepError(f"{OPTIONS['ca_file']}: {files.ca_file}: is no certificate in PEM") from error
    try:
        context.load_cert_chain(str(files.cert), files.key, lambda: b"")  # nobody is asked for a password
    except (OSError, ValueError) as error:
        allowed = "allowed are a certificate and its own key in PEM, without a password"
        raise SweepError(f"{OPTIONS['cert']}: {files.cert}, key {files.key or 'in it'}: {allowed}") from error


def _require_readable(option: str, file: str | None) -> None:
    try:
        if file is not None:
            open(file, "rb").close()
    except OSError as error:
        raise SweepError(f"{option}: {named(error)}") from error
    except ValueError as error:
        raise SweepError(f"{option}: {file!r}: {error}") from error
