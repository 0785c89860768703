/** Express 4 under a name of its own. Its types come under Express' name only; what the tests use is the same in both. */
declare module 'express4' {
  import express = require('express');
  export = express;
}
