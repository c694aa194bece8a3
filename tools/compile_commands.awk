# compile_commands.awk - what clangd reads, from the commands that make would run: each source
# with exactly the flags that it is compiled with.
#
#     make -nB V=1 objects | awk -v folder="$PWD" -f tools/compile_commands.awk

function quoted(text)
{
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

BEGIN { printf "[" }

# A source that programs share with the kernel comes twice: the kernel's flags hold.
/ -c .* && / {
    sub(/^test [^&]*&& /, "")
    sub(/ -MMD .* -o [^ ]+/, "")
    sub(/ && .*/, "")
    file = $NF
    if (!(file in seen))
        printf "%s\n{\"directory\": %s, \"file\": %s, \"command\": %s}", comma, quoted(folder), \
            quoted(file), quoted($0)
    seen[file]
    comma = ","
}

END {
    print "\n]"
    if (!comma)
        exit 1
}
