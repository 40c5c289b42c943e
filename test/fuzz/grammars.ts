/** All grammars that are searched, in the order in which they are. */
import { archives } from "./archives";
import { authFiles } from "./auth-files";
import { challenges } from "./challenges";
import type { Grammar } from "./grammar";
import { layouts } from "./layouts";
import { leads } from "./leads";
import { locks } from "./locks";
import { manifests } from "./manifests";
import { references } from "./references";
import { registriesConf } from "./registries-conf";
import { signatures } from "./signatures";
import { tars } from "./tars";
import { zips } from "./zips";

export const GRAMMARS: readonly Grammar[] = [
  references,
  challenges,
  leads,
  registriesConf,
  authFiles,
  locks,
  manifests,
  signatures,
  tars,
  zips,
  archives,
  layouts,
];
