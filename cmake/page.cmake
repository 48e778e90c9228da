# Writes page_template.c: the template of the HTML page (inspect/page/page.html) with its style and its scripts
# put in, compressed by gzip, as an array of bytes.

file(READ ${FOLDER}/page.html page)
file(READ ${FOLDER}/page.css style)
set(script "")
string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
foreach(name ${SCRIPTS})
  file(READ ${FOLDER}/${name}.js part)
  string(APPEND script "${part}\n")
endforeach()
string(REGEX REPLACE "[ \n]*([{};,])[ \n]*" "\\1" style "${style}")
string(REPLACE ": " ":" style "${style}")
string(REGEX REPLACE "([{(;,])\n[ \n]*" "\\1" script "${script}")
string(REPLACE ") {" "){" script "${script}")
string(REPLACE " => " "=>" script "${script}")
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
# A browser needs neither indentation nor empty lines nor comments.
string(REGEX REPLACE "[ \n]*/\\*[^*]*\\*/" "" page "${page}")
string(REGEX REPLACE "\n[ \n]+" "\n" page "${page}")
file(WRITE ${OUTPUT}.html "${page}")
file(ARCHIVE_CREATE OUTPUT ${OUTPUT}.gz PATHS ${OUTPUT}.html FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
file(SIZE ${OUTPUT}.html size)
file(READ ${OUTPUT}.gz bytes HEX)
# The time of day in the header is no part of the page.
string(SUBSTRING "${bytes}" 0 8 begin)
string(SUBSTRING "${bytes}" 16 -1 bytes)
string(PREPEND bytes "${begin}00000000")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "/* Generated from inspect/page/. */\n#include \"inspect/page.h\"\n
const unsigned char tg_page_template[] = {\n${bytes}};
const size_t tg_page_template_packed = sizeof tg_page_template, tg_page_template_size = ${size};\n")
