# edition.awk - a page of the handouts for a tree that has the labs up to `lab`, without the
# solutions of that one. Run in the folder of the pages, after those that are left out are gone.
#     awk -v lab=2 -v hints=3 -v course="edition grade-all …" -f edition.awk page.md

BEGIN {
    split("no one two three", number, " ")
    targets = course
    gsub(/ /, "|", targets)
}

FNR == 1 { name = FILENAME; sub(/\.md$/, "", name) }

# ---- hints ----

/^<details markdown="1"><summary>Hint [0-9]/ {
    match($0, /Hint [0-9]/)
    dropped = substr($0, RSTART + 5, 1) > hints
}
dropped { dropped = !/^<\/details>/; next }

# ---- sections ----

/^#+ / { flush() }
{ section = section $0 "\n" }
END { flush() }

# The number of the lab that a text would boot and that is not here, or finished only there.
function beyond(text,    n) {
    while (match(text, /LAB=[0-9]+/)) {
        n = substr(text, RSTART + 4, RLENGTH - 4) + 0
        if (n > lab)
            return 1
        text = substr(text, RSTART + RLENGTH)
    }
    return 0
}

function flush(    text, count, part, i) {
    text = section
    section = ""
    if (name == "start" && text ~ /^### / && text ~ "make gdb LAB=[0-9]+ SOLVED=all") {
        match(text, /make gdb LAB=[0-9]+/)
        if (substr(text, RSTART + 13, RLENGTH - 13) + 0 >= lab)
            return
    }
    if (text ~ /^### [0-9]+\. /)
        sub(/[0-9]+/, ++step, text)
    if (name == "start" && text ~ /\nmake demo\n/) {
        sub(/\n```\n.*/, "\n```\n\nThis boots the finished kernel of lab " lab ", which is in this tree" \
            " as an image:\nits exercises are solved in it. Yours are not, yet.\n\n", text)
    }
    count = split(text, part, "\n\n")
    for (i = 1; i <= count; i++)
        if (kept(part[i]))
            printf "%s%s", rewritten(part[i]), i < count ? "\n\n" : ""
}

function kept(text) {
    return !(text ~ ("`make (" targets ")[` ]") || (text !~ /^<!--/ && text !~ /^```/ && beyond(text)))
}

# ---- commands, links, words ----

function rewritten(text,    before, link, target, own, file, row, rest) {
    own = "LAB=" lab " SOLVED=all"
    gsub("make gdb " own "`, or `make gdb LAB=" lab "`", "make gdb LAB=" lab "`", text)
    gsub("make qemu-nox " own "`", "make demo`", text)
    gsub(own, lab > 1 ? "LAB=" lab " SOLVED=earlier" : "LAB=" lab, text)
    sub(/exercise here has three/, "exercise here has " number[hints + 1], text)
    before = ""
    while (match(text, /\[[^]\[]*\]\([^)]*\)/)) {
        link = substr(text, RSTART, RLENGTH)
        rest = substr(text, RSTART + RLENGTH)
        before = before substr(text, 1, RSTART - 1)
        file = link
        sub(/^\[[^]]*\]\(/, "", file)
        sub(/[#)].*$/, "", file)
        if (file != "" && file !~ /^https?:/ && !there(file)) {
            if (before ~ /, $/ && link ~ /^\[Lab [0-9]/) {      # one of a list
                sub(/, $/, "", before)
                link = ""
            } else if (before ~ /(^|\n)\| $/ && rest ~ /^ \|/) {    # a row that is about it
                sub(/\| $/, "", before)
                sub(/^[^\n]*(\n|$)/, "", rest)
                link = ""
            } else {
                sub(/^\[/, "", link)
                sub(/\]\([^)]*\)$/, "", link)
            }
        }
        before = before link
        text = rest
    }
    return before text
}

function there(file) {
    if (!(file in known))
        known[file] = system("test -e '" file "'") == 0
    return known[file]
}
