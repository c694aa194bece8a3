# selection.awk - what follows from LAB, SOLVED and TEST, as variables and rules of make.
#
# build.mk runs it: settings in the environment; as arguments all sources, of which it only
# reads the tables. It writes $(out)/selection.mk when that would change, so that who depends
# on it is made again by another choice of files; and prints its name, or a sentence: what is
# wrong. With rules.awk, which has what is written. Any POSIX awk will do.

BEGIN {
    objects = ENVIRON["objects"]
    pid = "." ENVIRON["pid"]
    lab = ENVIRON["lab"]
    count = split(ENVIRON["labs"], labs, " ")
    for (i = 1; i <= count; i++) {
        number = labs[i]
        gsub(/^lab|-.*/, "", number)
        number_of[labs[i]] = number
        lab_of[number] = labs[i]
        include[labs[i]] = include[labs[i - 1]] " -Ilabs/" labs[i] "/include"
        if (!passed) {
            layers[++depth] = labs[i]
            is_layer[labs[i]]
        }
        passed = passed || labs[i] == lab
    }
    for (i = 1; i < ARGC; i++) {
        if (ARGV[i] ~ /\.[cS]$/ && ARGV[i] !~ /\*/)
            take(ARGV[i])
        if (ARGV[i] !~ /\.(txt|h)$/ || ARGV[i] ~ /\*/)
            ARGV[i] = ""
    }
}

# Sort a source by the folder that it lies in.
function take(path,    part, name, which)
{
    split(path, part, "/")
    which = lab_of_path(path)
    name = path
    gsub(/.*\/|\.[cS]$/, "", name)
    if (part[3] == "boot" || part[3] == "kernel")
        given[which] = given[which] " " path
    else if (path ~ /\/main\.c$/ || part[3] == "checks")
        main[which] = main[which] " " path
    else if (path ~ /\/user\/lib\//)
        library[which] = library[which] " " path
    else if (part[3] == "user" && path ~ /\.c$/) {
        program[which, name] = path
        every_program = every_program " " path
    } else if (part[3] == "programs") {
        test_program[which, name] = path
        every_program = every_program " " path
    } else if (part[1] == "grading") {
        test_kernel[which, name] = path
        every_test = every_test " " path
    }
}

# ---- the tables ----------------------------------------------------------

FILENAME ~ /\.h$/ {
    if ($2 == "KERNEL_READ_MAX")
        read_max = $3
    next
}

{ sub(/#.*/, "") }
NF == 0 { next }
{ split(FILENAME, folder, "/") }

FILENAME ~ /exercises\.txt$/ {
    ids[++id_count] = $1
    exercise[$1] = lab_of_id($1) "/exercises/" $3
}
FILENAME ~ /programs\.txt$/ { programs_of[folder[2]] = programs_of[folder[2]] " " $1 }
FILENAME ~ /from_kernel\.txt$/ { shared[folder[2]] = shared[folder[2]] " " $1 }
FILENAME ~ /ring3\.txt$/ { program_with[folder[2] "/exercises/" $2] = $1 }
FILENAME ~ /archive\.txt$/ {
    archive[folder[2]] = archive[folder[2]] " labs/" folder[2] "/files/" $1
}

# ---- what is wanted ------------------------------------------------------

function fail(sentence)
{
    print sentence
    exit 1
}

function lab_of_id(id) { sub(/\..*/, "", id); return lab_of[id] }

function solved_by(id,    which)
{
    which = lab_of_id(id)
    return ("all" in wanted) || (id in wanted) || (which in wanted) \
        || (number_of[which] in wanted) || ("earlier" in wanted && which != lab)
}

# SOLVED= has ids, labs by number or name, `earlier` and `all`.
function read_solved(    i, n, words, known)
{
    known["all"]; known["earlier"]; known[""]
    for (i = 1; i <= mine_count; i++)
        known[mine[i]]
    n = split(ENVIRON["solved"], words, /[ ,]+/)
    for (i = 1; i <= n; i++) {
        if (!(words[i] in known) && !(words[i] in number_of) && !(words[i] in lab_of))
            fail("SOLVED=" ENVIRON["solved"] ": " words[i] " is no exercise of " lab ", only" \
                mine_list ", a lab, earlier, all")
        wanted[words[i]]
    }
}

# Which exercises come from solutions/, and the name of that choice: a folder in build/.
function choose_exercises(    i, id, list, all, earlier)
{
    for (i = 1; i <= id_count; i++)
        if (lab_of_id(ids[i]) in is_layer) {
            mine[++mine_count] = ids[i]
            mine_list = mine_list " " ids[i]
        }
    read_solved()
    all = earlier = 1
    for (i = 1; i <= mine_count; i++) {
        id = mine[i]
        is_solved[id] = solved_by(id)
        source[id] = (is_solved[id] ? "solutions/" : "labs/") exercise[id]
        if (is_solved[id])
            list = list "+" id
        all = all && is_solved[id]
        earlier = earlier && is_solved[id] == (lab_of_id(id) != lab)
    }
    choice = list == "" ? "none" : all ? "all" : earlier ? "earlier" : substr(list, 2)
}

# The last of the layers that has a file of that name in a table.
function nearest(table, name,    i)
{
    for (i = depth; i > 0; i--)
        if ((layers[i], name) in table)
            return layers[i]
}

# TEST= names a test kernel of this lab, which takes main.c's place, or programs for ring 3,
# of this lab or an earlier one, which run instead of the lab's own.
function choose_tests(    i, n, words, folder)
{
    folder = "grading/lab" number_of[lab]
    n = split(ENVIRON["test"], words, /[ ,]+/)
    for (i = 1; i <= n; i++) {
        if (words[i] == "")
            continue
        if ((lab, words[i]) in test_kernel)
            kernel_test = kernel_test " " test_kernel[lab, words[i]]
        else if (nearest(test_program, words[i]))
            tested = tested " " words[i]
        else
            fail("TEST=" words[i] ": there is no " folder "/" words[i] ".c and no " \
                folder "/programs/" words[i] ".c")
        test_name = test_name (test_name == "" ? "-" : "+") words[i]
    }
}

# The programs that the kernel starts, in their order: those of the last layer that lists some.
# Where they lie in an archive, it has others beside those that are tested.
function choose_programs(    i, n, words, list, path)
{
    for (i = 1; i <= depth; i++) {
        if (layers[i] in programs_of)
            list = programs_of[layers[i]]
        if (layers[i] in archive)
            archived = archive[layers[i]]
    }
    if (list == "")
        return
    if (tested != "")
        list = tested (archived ? " " list : "")
    if (ENVIRON["programs"] != "")
        list = ENVIRON["programs"]
    n = split(list, words, " ")
    for (i = 1; i <= n; i++) {
        path = program[nearest(program, words[i]), words[i]]
        if (path == "")
            path = test_program[nearest(test_program, words[i]), words[i]]
        if (path == "")
            fail((ENVIRON["programs"] != "" ? "PROGRAMS=" : "programs.txt: ") words[i] \
                ": there is no user/" words[i] ".c in a lab up to " lab)
        programs[++program_count] = words[i]
        program_source[words[i]] = path
    }
}

END {
    choose_exercises()
    choose_tests()
    choose_programs()
    out = ENVIRON["build"] "/" lab "/" choice test_name ENVIRON["variant"]
    file = out "/selection.mk"
    old = contents(file)

    line("# Written by tools/selection.awk, for tools/build.mk.")
    line("out := " out)
    line("kernel_read_max := " read_max)
    write_sources()
    write_programs()
    write_headers()
    write_exercises()
    write_course()
    if (old == "")
        check_tools()
    line("compiler_headers := " compiler_headers(old))

    if (text != old)
        renew(file, text)
    print file
}
