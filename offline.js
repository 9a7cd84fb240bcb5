/* A service worker answers for what lies beside it and below: this file stands here so that that is the page. */
importScripts("page/offline-worker.js");
