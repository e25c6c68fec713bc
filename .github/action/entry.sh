#!/usr/bin/env bash
# What action.yml runs: finds Python, installs exactly one version of soc2gate, and hands over to run.py.
#
# The work tree is a stranger's: Python always runs isolated (-I), or a json.py beside the code would be imported.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source="$(cd "${here}/../.." && pwd)"

refuse() {
  echo "::error title=soc2gate::$1"
  exit 2
}

python=""
for name in python3 python; do
  if command -v "${name}" >/dev/null && "${name}" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python="$(command -v "${name}")"
    break
  fi
done
[[ -n "${python}" ]] || refuse "no Python 3.11 or newer on PATH; leave the input python-version at its default"

released="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "${source}/src/soc2gate/version.py")"
wanted="${S2G_VERSION:-${released}}"
[[ "${wanted}" =~ ^[0-9]+\.[0-9]+\.[0-9]+([.]?[a-z]+[0-9]+)?$ ]] || refuse "the input version takes one exact version, such as ${released}"

if command -v soc2gate >/dev/null && [[ "$(soc2gate --version 2>/dev/null)" == "soc2gate, version ${wanted}" ]]; then
  soc2gate="$(command -v soc2gate)"
else
  home="${RUNNER_TEMP:?}/soc2gate-${wanted}"
  extra=""
  if [[ "${S2G_COMMAND:-scan}" == verify ]]; then extra="[kubernetes]"; fi
  # The files of this very ref are the release that was pinned; another version comes from the package index.
  what="soc2gate${extra}==${wanted}"
  if [[ "${wanted}" == "${released}" ]]; then what="${source}${extra}"; fi
  echo "::group::install soc2gate ${wanted}"
  "${python}" -I -m venv "${home}"
  # Exact versions of everything else too, of what builds it as well.
  PIP_CONSTRAINT="${here}/constraints.txt" "${home}/bin/python" -I -m pip install --quiet --disable-pip-version-check "${what}"
  echo "::endgroup::"
  soc2gate="${home}/bin/soc2gate"
fi

exec "${python}" -I "${here}/run.py" "${soc2gate}"
