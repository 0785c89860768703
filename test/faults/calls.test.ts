import { CALLS } from './calls';
import { testMatrix } from './matrix';

testMatrix(CALLS);
