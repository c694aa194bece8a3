#!/bin/sh
# stats.sh - lines by folder and language, of the files that git tracks.
git ls-files -z | xargs -0 grep -c '' /dev/null 2> /dev/null | awk -F: '
    BEGIN {
        columns = split("C assembly Python Markdown other", language, " ")
        ending["c"] = ending["h"] = "C"; ending["S"] = "assembly"
        ending["py"] = "Python"; ending["md"] = "Markdown"
    }
    $1 != "/dev/null" {
        depth = split($1, part, "/")
        folder = depth == 1 ? "." : part[1]
        if (depth > 2 && (part[1] == "labs" || part[1] == "solutions"))
            folder = folder "/" part[2]
        end = $1
        sub(/.*\./, "", end)
        kind = (end in ending) ? ending[end] : "other"
        count[folder, kind] += $2
        count["total", kind] += $2
        folders[folder]
    }
    function row(name,    text, i) {
        text = sprintf("%-24s", name)
        for (i = 1; i <= columns; i++)
            text = text sprintf("%10s", count[name, language[i]] ? count[name, language[i]] : "-")
        return text
    }
    END {
        printf "%-24s%10s%10s%10s%10s%10s\n", "lines", "C", "assembly", "Python", "Markdown", "other"
        fflush()
        for (name in folders)
            print row(name) | "sort"
        close("sort")
        print row("total")
    }'
