#!/bin/sh
#SBATCH --job-name=ringstep --cpus-per-task=1 --mem=600M --time=15 --requeue --output=/dev/null
# An array job: each task grades one hand-in of a folder. On a file system that all nodes see:
#
#     sbatch --array=1-$(sh tools/adapters/slurm.sh count DIR) tools/adapters/slurm.sh DIR LAB REPORT
#     make gather DIR= LAB= REPORT=        when they are done: what make grade-all writes
#
# What is graded already costs a task nothing, so the same line again grades what is missing.
cd "${SLURM_SUBMIT_DIR:-.}" || exit
export PYTHONPATH=tools RINGSTEP_CPUS=1
if [ "$1" = count ]; then
    exec python3 -B -m ringstep classroom grade-all --dir "$2" --part 0
fi
exec python3 -B -m ringstep classroom grade-all --dir "$1" --lab "$2" --report "$3" \
    --part "$SLURM_ARRAY_TASK_ID"
