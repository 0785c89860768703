import { testMatrix } from './matrix';
import { OIDC } from './oidc';

testMatrix(OIDC);
