# Puts page.css and page.js into page.html, and that into a C++ constant: cmake -DFOLDER=... -DOUT=... -P embed.cmake
file(READ ${FOLDER}/page.html html)
file(READ ${FOLDER}/page.css style)
file(READ ${FOLDER}/page.js script)
string(REPLACE "/* page.css */" "${style}" html "${html}")
string(REPLACE "/* page.js */" "${script}" html "${html}")
file(WRITE ${OUT} "#include \"gateway/admin/status_page.h\"

namespace gateway::admin {
extern char const kStatusPageText[];
char const kStatusPageText[] = R\"page(${html})page\";
}  // namespace gateway::admin
")
