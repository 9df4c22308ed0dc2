// Paths of the app that are no files get the one page of the app. A file has one of the extensions that the
// export really makes: an identifier with a dot (a serial, an invoice) is a page.
var files = /\.(?:html|js|mjs|css|map|json|txt|xml|webmanifest|ico|png|jpe?g|gif|svg|webp|avif|woff2?|wasm)$/i;

function handler(event) {
  var request = event.request;
  if (request.uri.indexOf('/_next/') !== 0 && !files.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
