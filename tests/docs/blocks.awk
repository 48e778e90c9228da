# Writes the fenced blocks of a Markdown file to WORK/NN.c, NN.sh and NN.output; what follows ``` must be
# exactly "c", "sh" or "output" (which is what the block before it prints). C that is no whole program is wrapped.
/^```/ && inside {
    if (kind == "c" && !whole) print "return 0; }" > file
    close(file)
    inside = 0
    next
}
/^```/ {
    kind = substr($0, 4)
    inside = 1
    if (kind == "output") file = sprintf("%s/%02d.output", WORK, n)
    else if (kind == "c" || kind == "sh") file = sprintf("%s/%02d.%s", WORK, ++n, kind)
    else file = "/dev/null"
    whole = 1
    pending = kind == "c"
    first = NR + 1
    next
}
inside && pending { # the first line tells: a program begins with a comment or an include
    pending = 0
    whole = /^(#include|\/\*)/
    if (!whole) {
        print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <math.h>" > file
        print "#include \"tapegrad.h\"\nint main(void) {" > file
    }
    name = FILENAME
    sub(/.*\//, "", name)
    printf "#line %d \"%s\"\n", first, name > file
}
inside { print > file }
