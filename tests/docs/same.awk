# awk -f same.awk EXPECTED PRINTED: whether both say the same, line by line. Numbers may differ by rounding (1e-9
# of themselves, or 1e-9), since processors' instructions round differently; so may the spaces between words.
function words(line, to) {
    gsub(/[][(),|=]/, " & ", line)
    return split(line, to, /[ \t]+/)
}
function number(word) { return word ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?$/ }
function size(x) { return x < 0 ? -x : x }
function same(a, b) {
    if (a == b) return 1
    return number(a) && number(b) && size(a - b) <= 1e-9 * (size(a) > 1 ? size(a) : 1)
}
function same_line(a, b,    n, i, x, y) {
    if (a == b) return 1
    n = words(a, x)
    if (words(b, y) != n) return 0
    for (i = 1; i <= n; i++)
        if (!same(x[i], y[i])) return 0
    return 1
}
FILENAME == ARGV[1] {
    expected[++lines] = $0
    next
}
{
    printed++
    if (printed > lines || !same_line(expected[printed], $0)) different = 1
}
END { exit different || printed + 0 != lines + 0 }
