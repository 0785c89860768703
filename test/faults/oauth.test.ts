import { testMatrix } from './matrix';
import { OAUTH } from './oauth';

testMatrix(OAUTH);
