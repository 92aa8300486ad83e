// Loaded into the archived GitHub server before its own code (node --require): what it would ask of api.github.com, whose
// address is fixed in it, it asks of the stand-in at $GITHUB_STAND_IN.
const ask = globalThis.fetch;
globalThis.fetch = (url, options) =>
  ask(String(url).replace('https://api.github.com', process.env.GITHUB_STAND_IN), options);
