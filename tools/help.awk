# help.awk - the targets of the makefiles, in three groups: what stands behind `##` (for
# students), `##i` (for instructors) and `##c` (for who works on the course).

/^[a-z][a-z_.-]*:.* ##[ic]? / {
    match($0, /##[ic]? /)
    group = substr($0, RSTART, RLENGTH - 1)
    words = substr($0, RSTART + RLENGTH)
    sub(/:.*/, "")
    targets[group] = targets[group] sprintf("  %-24s%s\n", $0, words)
}

END {
    printf "For students:\n%s", targets["##"]
    if ("##i" in targets)
        printf "For instructors:\n%s", targets["##i"]
    if ("##c" in targets)
        printf "For those who work on the course:\n%s", targets["##c"]
}
