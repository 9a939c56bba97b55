#!/bin/sh
# What the start command of a pod does: the token file from the environment, then the server. Its environment is kept for the test.
umask 077
printf '%s' "$RUCIO_ACCESS_TOKEN" > "$RUCIO_OIDC_FILE_NAME"
env -0 > "$POD/environment"
exec jupyterhub-singleuser "$@"
