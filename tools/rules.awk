# rules.awk - the variables and rules that selection.awk writes for build.mk.

function line(words) { text = text words "\n" }

function object(path)
{
    sub(/\.[^.\/]*$/, ".o", path)
    return "$(objects)/" path
}

function object_list(paths, prefix,    i, n, words, list)
{
    n = split(paths, words, " ")
    for (i = 1; i <= n; i++)
        list = list " " object(prefix words[i])
    return list
}

# The library that a program of lab `which` is linked with: of that lab and those before it.
function library_of(which,    i, j, n, words, list, path)
{
    for (i = 1; i <= count; i++) {
        list = list library[labs[i]]
        n = split(shared[labs[i]], words, " ")
        for (j = 1; j <= n; j++)
            list = list " labs/" words[j]
        if (labs[i] == which)
            return list
    }
}

function lab_of_path(path,    part)
{
    split(path, part, "/")
    return part[1] == "grading" ? lab_of[substr(part[2], 4)] : part[2]
}

# An exercise in ring 3 is linked into its program, and not into the kernel.
function write_sources(    i, sources, in_programs, list)
{
    for (i = 1; i <= depth; i++)
        sources = sources given[layers[i]]
    for (i = 1; i <= mine_count; i++)
        if (exercise[mine[i]] in program_with)
            in_programs = in_programs " " source[mine[i]]
        else
            sources = sources " " source[mine[i]]
    sources = sources (kernel_test != "" ? kernel_test : main[lab])
    line("kernel_objects :=" object_list(sources))
    for (i = 1; i <= program_count; i++) {
        list = list " $(objects)/programs/" programs[i] ".o"
        sources = sources " " program_source[programs[i]]
    }
    line("program_objects :=" (archived ? " $(out)/archive.o" : list))
    line("sources :=" sources in_programs (program_count ? library_of(lab) : ""))
}

# What a program has of the exercises, as objects.
function exercises_of(name,    i, list)
{
    for (i = 1; i <= mine_count; i++)
        if (exercise[mine[i]] in program_with && program_with[exercise[mine[i]]] == name)
            list = list object_list(source[mine[i]], "user/")
    return list
}

# A program is linked again, too, when the list of its objects has changed. One with an
# exercise belongs to this selection.
function write_programs(    i, name, path, parts, place, list, all, files)
{
    for (i = 1; i <= program_count; i++) {
        name = programs[i]
        path = program_source[name]
        parts = exercises_of(name)
        place = parts == "" ? "$(objects)" : "$(out)"
        list = (parts == "" ? objects : out) "/programs/" name ".objects"
        parts = object_list(path library_of(lab_of_path(path)), "user/") parts
        files = files " " place "/programs/" name ".elf"
        if (place == "$(objects)")
            linked = linked " " place "/programs/" name ".elf"
        line(place "/programs/" name ".elf: " list parts)
        if (contents(list) != parts "\n")
            renew(list, parts "\n")
        all = all parts
    }
    line("user_objects := $(sort" all ")")
    line("archived :=" files archived)
}

# A file sees the headers of its own lab and of the earlier ones only.
function write_headers(    i, which, kernel, user)
{
    for (i = 1; i <= count; i++) {
        which = labs[i]
        kernel = " :=" include[which]
        if (library[which] programs_of[which] != "")
            user = user " -Ilabs/" which "/user/lib"
        write_headers_of("$(objects)/labs/" which "/%", kernel)
        write_headers_of("$(objects)/solutions/" which "/%", kernel)
        write_headers_of("$(objects)/user/labs/" which "/%", kernel user)
        write_headers_of("$(objects)/user/solutions/" which "/%", kernel user)
        which = "grading/lab" number_of[which]
        write_headers_of("$(objects)/" which "/%", kernel " -Igrading/include")
        write_headers_of("$(objects)/user/" which "/%", kernel user " -Igrading/include")
    }
}

function write_headers_of(pattern, folders) { line(pattern ": headers" folders) }

function missing(path, id,    part)
{
    split(path, part, "/")
    if (part[1] == "solutions")
        return "the solutions of " part[2] " are not in this tree, so SOLVED= cannot take " id
    return path " is missing: `make reset EX=" id "` brings it back"
}

# An exercise is compiled when its text has changed, even to that of an older copy: build/ has
# a copy of what was seen last. One that is not there says what to do.
function write_exercises(    i, path, prefix, seen, list)
{
    for (i = 1; i <= mine_count; i++) {
        path = source[mine[i]]
        prefix = exercise[mine[i]] in program_with ? "user/" : ""
        list = list object_list(path, prefix)
        seen = objects "/" path ".seen"
        line(object(prefix path) ": $(objects)/" path ".seen")
        if (!readable(path))
            line(path ": FORCE\n\t@echo '" missing(path, mine[i]) "' >&2; exit 1")
        else if (!readable(seen) || contents(path) != contents(seen))
            renew(seen, contents(path))
    }
    line("exercise_objects :=" list)
}

# All that is compiled from the course's own files, whatever is selected.
function write_course(    i, list, solution, user)
{
    for (i = 1; i <= count; i++)
        list = list given[labs[i]] main[labs[i]]
    for (i = 1; i <= id_count; i++) {
        solution = "solutions/" exercise[ids[i]]
        if (readable(solution) && exercise[ids[i]] in program_with)
            user = user " " solution
        else if (readable(solution))
            list = list " " solution
    }
    line("course_objects :=" object_list(list every_test) \
        object_list(library_of(labs[count]) every_program user, "user/") linked)
}

# ---- files ---------------------------------------------------------------

function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }

function readable(path,    status, probe)
{
    status = (getline probe < path) >= 0
    close(path)
    return status
}

function contents(path,    record, all)
{
    while ((getline record < path) > 0)
        all = all record "\n"
    close(path)
    return all
}

# Write a file: under another name first, for two makes may do it at once.
function renew(path, words)
{
    if (system("mkdir -p " folder_of(path) " 2> /dev/null && test -w " folder_of(path)) != 0)
        fail("cannot write in " folder_of(path) ": BUILD=folder builds elsewhere")
    printf "%s", words > (path pid)
    close(path pid)
    system("mv " path pid " " path)
}

# Where the compiler keeps its own headers. Asking takes time: the last answer holds while the
# folder is there.
function compiler_headers(old,    place, command)
{
    if (match(old, /compiler_headers := [^\n]*/))
        place = substr(old, RSTART + 20, RLENGTH - 20)
    if (place != "" && readable(place "/stddef.h"))
        return place
    command = ENVIRON["compiler"] " -print-file-name=include 2>/dev/null"
    command | getline place
    close(command)
    return place
}

# Said once, in one line. Nobody looks while all that was built is still here.
function check_tools(    i, n, tools, absent)
{
    n = split(ENVIRON["tools"], tools, " ")
    for (i = 1; i <= n; i++)
        if (system("command -v " tools[i] " > /dev/null 2>&1") != 0)
            absent = absent (absent == "" ? "" : " ") tools[i]
    if (absent != "")
        fail(absent ": not installed. Type ./setup, or `make doctor` for a list")
}
