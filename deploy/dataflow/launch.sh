#!/bin/sh
# Starts a run whose driver is a Cloud Run job and whose passes are Dataflow jobs; started again with the same
# settings it goes on where it was. With --print it only prints the command, an argument a line.
#
#   IMAGE=europe-docker.pkg.dev/my-project/assay/assay:1 PROJECT=my-project REGION=europe-west1 \
#   BUCKET=gs://my-bucket/runs NAME=crawl \
#       deploy/dataflow/launch.sh gs://my-bucket/recipe.yaml 'gs://my-crawl/*.warc.wet.gz'
set -eu

only_print=
if [ "${1:-}" = --print ]; then
    only_print=yes
    shift
fi
: "${IMAGE:?the image of deploy/container, in a registry that Dataflow can read}"
: "${PROJECT:?the project that pays}"
: "${REGION:?where to run: where the bucket is}"
: "${BUCKET:?gs://bucket/folder, for the run directory and for what Dataflow stages}"
: "${NAME:?the name of this run: lower-case letters, digits and hyphens}"
[ $# -ge 2 ] || { echo "give a recipe and at least one input" >&2; exit 2; }

# gcloud takes the job's arguments as one list; `^;^` says that a semicolon stands between them.
list="^;^run"
for argument in "$@" --out "$BUCKET/$NAME" -- --runner=DataflowRunner "--project=$PROJECT" "--region=$REGION" \
    "--labels=assay=$NAME" "--temp_location=$BUCKET/temp" "--staging_location=$BUCKET/staging" \
    "--sdk_container_image=$IMAGE" --sdk_location=container "--worker_machine_type=${MACHINE:-n2-standard-8}" \
    "--max_num_workers=${MAX_WORKERS:-100}" ${SERVICE_ACCOUNT:+"--service_account_email=$SERVICE_ACCOUNT"}; do
    list="$list;$argument"
done

set -- gcloud run jobs deploy "assay-$NAME" "--image=$IMAGE" "--project=$PROJECT" "--region=$REGION" "--args=$list" \
    --tasks=1 --max-retries=5 --task-timeout=168h --cpu=2 --memory=8Gi --execute-now \
    ${SERVICE_ACCOUNT:+"--service-account=$SERVICE_ACCOUNT"}
if [ -n "$only_print" ]; then
    printf '%s\n' "$@"
else
    exec "$@"
fi
