/** The Response Status Codes this program makes or inspects (TS-0004, 6.6.3); any other number passes through. */
export const Rsc = {
  ACCEPTED: 1000,
  ACCEPTED_SYNCH: 1001,
  ACCEPTED_ASYNCH: 1002,
  OK: 2000,
  CREATED: 2001,
  DELETED: 2002,
  UPDATED: 2004,
  BAD_REQUEST: 4000,
  NOT_FOUND: 4004,
  OPERATION_NOT_ALLOWED: 4005,
  REQUEST_TIMEOUT: 4008,
  UNSUPPORTED_MEDIA_TYPE: 4015,
  ORIGINATOR_HAS_NO_PRIVILEGE: 4103,
  CONFLICT: 4105,
  ORIGINATOR_NOT_AUTHENTICATED: 4106,
  SECURITY_ASSOCIATION_REQUIRED: 4107,
  ORIGINATOR_HAS_ALREADY_REGISTERED: 4117,
  INTERNAL_SERVER_ERROR: 5000,
  NOT_IMPLEMENTED: 5001,
  TARGET_NOT_REACHABLE: 5103,
  RECEIVER_HAS_NO_PRIVILEGE: 5105,
  NON_BLOCKING_SYNCH_REQUEST_NOT_SUPPORTED: 5206,
  NOT_ACCEPTABLE: 5207,
  UNABLE_TO_RECALL_REQUEST: 5220,
} as const;

/** Classes of Response Status Codes, closed, for labels: the first digit decides (TS-0004, 6.6.2). */
export const RSC_CLASSES = ["1xxx", "2xxx", "4xxx", "5xxx", "6xxx", "other"] as const;
export type RscClass = (typeof RSC_CLASSES)[number];

export function rscClassOf(rsc: number): RscClass {
  switch (Math.floor(rsc / 1000)) {
    case 1:
      return "1xxx";
    case 2:
      return "2xxx";
    case 4:
      return "4xxx";
    case 5:
      return "5xxx";
    case 6:
      return "6xxx";
    default:
      return "other";
  }
}
