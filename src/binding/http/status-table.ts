import { Rsc } from "../../base/response-status-code.ts";
import type { Operation, ResponseType } from "../../primitive/primitive.ts";

/** HTTP status by Response Status Code (TS-0009, table 6.3.2-1); from Release 4 on, and where it is silent, as deployed CSEs have it. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [1000, 202], // ACCEPTED
  [1001, 202], // ACCEPTED for nonBlockingRequestSynch
  [1002, 202], // ACCEPTED for nonBlockingRequestAsynch
  [2000, 200], // OK
  [2001, 201], // CREATED
  [2002, 200], // DELETED
  [2004, 200], // UPDATED
  [4000, 400], // BAD_REQUEST
  [4001, 501], // RELEASE_VERSION_NOT_SUPPORTED
  [4004, 404], // NOT_FOUND
  [4005, 405], // OPERATION_NOT_ALLOWED
  [4008, 504], // REQUEST_TIMEOUT
  [4015, 415], // UNSUPPORTED_MEDIA_TYPE
  [4101, 403], // SUBSCRIPTION_CREATOR_HAS_NO_PRIVILEGE
  [4102, 400], // CONTENTS_UNACCEPTABLE
  [4103, 403], // ORIGINATOR_HAS_NO_PRIVILEGE
  [4104, 409], // GROUP_REQUEST_IDENTIFIER_EXISTS
  [4105, 409], // CONFLICT
  [4106, 403], // ORIGINATOR_NOT_AUTHENTICATED
  [4107, 403], // SECURITY_ASSOCIATION_REQUIRED
  [4108, 403], // INVALID_CHILD_RESOURCE_TYPE
  [4109, 403], // NO_MEMBERS
  [4110, 400], // GROUP_MEMBER_TYPE_INCONSISTENT
  [4111, 403], // ESPRIM_UNSUPPORTED_OPTION
  [4112, 403], // ESPRIM_UNKNOWN_KEY_ID
  [4113, 403], // ESPRIM_UNKNOWN_ORIG_RAND_ID
  [4114, 403], // ESPRIM_UNKNOWN_RECV_RAND_ID
  [4115, 403], // ESPRIM_BAD_MAC
  [4116, 403], // ESPRIM_IMPERSONATION_ERROR
  [4117, 403], // ORIGINATOR_HAS_ALREADY_REGISTERED
  [4118, 404], // ONTOLOGY_NOT_AVAILABLE
  [4119, 404], // LINKED_SEMANTICS_NOT_AVAILABLE
  [4120, 400], // INVALID_SEMANTICS
  [4121, 404], // MASHUP_MEMBER_NOT_FOUND
  [4122, 400], // INVALID_TRIGGER_PURPOSE
  [4123, 400], // ILLEGAL_TRANSACTION_STATE_TRANSITION_ATTEMPTED
  [4124, 409], // BLOCKING_SUBSCRIPTION_ALREADY_EXISTS
  [4125, 501], // SPECIALIZATION_SCHEMA_NOT_FOUND
  [4126, 403], // APP_RULE_VALIDATION_FAILED
  [4127, 403], // OPERATION_DENIED_BY_REMOTE_ENTITY
  [4128, 403], // SERVICE_SUBSCRIPTION_NOT_ESTABLISHED
  [4130, 404], // ONTOLOGY_MAPPING_ALGORITHM_NOT_AVAILABLE
  [4131, 400], // ONTOLOGY_MAPPING_POLICY_NOT_MATCHED
  [4132, 404], // ONTOLOGY_MAPPING_NOT_AVAILABLE
  [4133, 400], // BAD_FACT_INPUTS_FOR_REASONING
  [4134, 400], // BAD_RULE_INPUTS_FOR_REASONING
  [4135, 403], // DISCOVERY_LIMIT_EXCEEDED
  [4136, 403], // PRIMITIVE_PROFILE_NOT_ACCESSIBLE
  [4137, 400], // PRIMITIVE_PROFILE_BAD_REQUEST
  [4138, 403], // UNAUTHORIZED_USER
  [4139, 403], // SERVICE_SUBSCRIPTION_NOT_ACTIVE
  [4140, 409], // SOFTWARE_CAMPAIGN_CONFLICT
  [4142, 400], // INVALID_PROCESS_CONFIGURATION
  [4143, 400], // INVALID_SPARQL_QUERY
  [5000, 500], // INTERNAL_SERVER_ERROR
  [5001, 501], // NOT_IMPLEMENTED
  [5103, 404], // TARGET_NOT_REACHABLE
  [5105, 403], // RECEIVER_HAS_NO_PRIVILEGE
  [5106, 409], // ALREADY_EXISTS
  [5107, 404], // REMOTE_ENTITY_NOT_REACHABLE
  [5203, 403], // TARGET_NOT_SUBSCRIBABLE
  [5204, 500], // SUBSCRIPTION_VERIFICATION_INITIATION_FAILED
  [5205, 403], // SUBSCRIPTION_HOST_HAS_NO_PRIVILEGE
  [5206, 501], // NON_BLOCKING_SYNCH_REQUEST_NOT_SUPPORTED
  [5207, 406], // NOT_ACCEPTABLE
  [5208, 403], // DISCOVERY_DENIED_BY_IPE
  [5209, 500], // GROUP_MEMBERS_NOT_RESPONDED
  [5210, 500], // ESPRIM_DECRYPTION_ERROR
  [5211, 500], // ESPRIM_ENCRYPTION_ERROR
  [5212, 500], // SPARQL_UPDATE_ERROR
  [5214, 403], // TARGET_HAS_NO_SESSION_CAPABILITY
  [5215, 403], // SESSION_IS_ONLINE
  [5216, 500], // JOIN_MULTICAST_GROUP_FAILED
  [5217, 500], // LEAVE_MULTICAST_GROUP_FAILED
  [5218, 403], // TRIGGERING_DISABLED_FOR_RECIPIENT
  [5219, 409], // UNABLE_TO_REPLACE_REQUEST
  [5220, 409], // UNABLE_TO_RECALL_REQUEST
  [5221, 500], // CROSS_RESOURCE_OPERATION_FAILURE
  [5222, 403], // TRANSACTION_PROCESSING_IS_INCOMPLETE
  [5230, 500], // ONTOLOGY_MAPPING_ALGORITHM_FAILED
  [5231, 500], // ONTOLOGY_CONVERSION_FAILED
  [5232, 500], // REASONING_PROCESSING_FAILED
  [6003, 404], // EXTERNAL_OBJECT_NOT_REACHABLE
  [6005, 404], // EXTERNAL_OBJECT_NOT_FOUND
  [6010, 400], // MAX_NUMBER_OF_MEMBER_EXCEEDED
  [6020, 500], // MGMT_SESSION_CANNOT_BE_ESTABLISHED
  [6021, 500], // MGMT_SESSION_ESTABLISHMENT_TIMEOUT
  [6022, 400], // INVALID_CMDTYPE
  [6023, 400], // INVALID_ARGUMENTS
  [6024, 400], // INSUFFICIENT_ARGUMENTS
  [6025, 500], // MGMT_CONVERSION_ERROR
  [6026, 500], // MGMT_CANCELLATION_FAILED
  [6028, 409], // ALREADY_COMPLETE
  [6029, 409], // MGMT_COMMAND_NOT_CANCELLABLE
  [6030, 504], // EXTERNAL_OBJECT_NOT_REACHABLE_BEFORE_RQET_TIMEOUT
  [6031, 504], // EXTERNAL_OBJECT_NOT_REACHABLE_BEFORE_OET_TIMEOUT
  [6033, 500], // NETWORK_QOS_CONFIG_ERROR
  [6034, 403], // REQUESTED_ACTIVITY_PATTERN_NOT_PERMITTED
  [6011, 400], // MEMBER_TYPE_INCONSISTENT of Release 1
  [6101, 400], // impersonation error of Release 1
  [4230, 423], // locked, of Mobius
]);

/** The HTTP status of a Response Status Code; of an unknown one, that of its class. */
export function statusOf(rsc: number): number {
  return STATUSES.get(rsc) ?? statusOfClass(Math.floor(rsc / 1000));
}

function statusOfClass(digit: number): number {
  switch (digit) {
    case 1:
      return 202;
    case 2:
      return 200;
    case 4:
      return 400;
    default:
      return 500;
  }
}

/** What was asked, as far as it decides how an answer without X-M2M-RSC reads. */
export interface Asked {
  readonly operation: Operation;
  readonly responseType: ResponseType | undefined;
}

/**
 * The Response Status Code for an HTTP status that came without one.
 *
 * Our choice, for no specification has it: the meaning for whoever asked, so 401 and 407 say that this gateway, and
 * not the originator, lacks a privilege, and an unavailable server is an unreachable target.
 */
export function rscOf(status: number, { operation, responseType }: Asked): number {
  switch (status) {
    case 201:
      return Rsc.CREATED;
    case 202:
      return acknowledgementOf(responseType);
    case 401:
    case 407:
      return Rsc.RECEIVER_HAS_NO_PRIVILEGE;
    case 403:
      return Rsc.ORIGINATOR_HAS_NO_PRIVILEGE;
    case 404:
      return Rsc.NOT_FOUND;
    case 405:
      return Rsc.OPERATION_NOT_ALLOWED;
    case 406:
      return Rsc.NOT_ACCEPTABLE;
    case 409:
      return Rsc.CONFLICT;
    case 415:
      return Rsc.UNSUPPORTED_MEDIA_TYPE;
    case 408:
    case 504:
      return Rsc.REQUEST_TIMEOUT;
    case 429:
    case 502:
    case 503:
      return Rsc.TARGET_NOT_REACHABLE;
    case 501:
      return Rsc.NOT_IMPLEMENTED;
    default:
      return rscOfClass(Math.floor(status / 100), operation);
  }
}

function rscOfClass(digit: number, operation: Operation): number {
  switch (digit) {
    case 2:
      return SUCCESSES[operation];
    case 3:
      return Rsc.TARGET_NOT_REACHABLE;
    case 4:
      return Rsc.BAD_REQUEST;
    default:
      return Rsc.INTERNAL_SERVER_ERROR;
  }
}

const SUCCESSES: Readonly<Record<Operation, number>> = {
  create: Rsc.CREATED,
  retrieve: Rsc.OK,
  update: Rsc.UPDATED,
  delete: Rsc.DELETED,
  notify: Rsc.OK,
};

function acknowledgementOf(responseType: ResponseType | undefined): number {
  if (responseType === "nonBlockingSynch") return Rsc.ACCEPTED_SYNCH;
  return responseType === "nonBlockingAsynch" ? Rsc.ACCEPTED_ASYNCH : Rsc.ACCEPTED;
}
