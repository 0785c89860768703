/** Express 4 under a name of its own, with the types of Express 5: what the tests use is the same in both. */
declare module 'express4' {
  import express = require('express');
  export = express;
}
