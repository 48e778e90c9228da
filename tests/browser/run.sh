# Runs the tests of the page. playwright-core, which drives the browser, is installed into the build folder.
set -eu
skip() {
    echo "skipped: $*"
    exit 77
}
for name in chromium chromium-browser google-chrome; do
    CHROMIUM=${CHROMIUM:-$(command -v $name || true)}
done
[ -n "$CHROMIUM" ] || skip "there is no Chromium (apt-get install chromium)"
for name in node npm; do
    command -v $name >/dev/null || skip "there is no $name (apt-get install nodejs npm)"
done
mkdir -p "$WORK"
cp "$SOURCE/package.json" "$SOURCE/package-lock.json" "$WORK"
if ! cmp -s "$SOURCE/package-lock.json" "$WORK/installed"; then
    (cd "$WORK" && npm ci --no-audit --no-fund --ignore-scripts >npm.log 2>&1) ||
        skip "npm could not install playwright-core (see $WORK/npm.log)"
    cp "$SOURCE/package-lock.json" "$WORK/installed"
fi
cp "$SOURCE"/*.mjs "$WORK"
cd "$WORK"
export CHROMIUM
exec node --test --test-concurrency=1 --test-reporter=spec page.test.mjs labels.test.mjs
