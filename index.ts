// What the package offers to programs: the contract and the oracle, the laws, the mistakes, the exercises, marking, the GPU path.

export * from './exercises/index.js'
export {
  availableBackends,
  type BackendName,
  BackendUnavailable,
  backendNames,
  type GpuBackend,
  openBackend,
} from './gpu/index.js'
export * from './marking/index.js'
export * from './mistakes/index.js'
export type {
  Attributes,
  AttributeValue,
  Declaration,
  Implementation,
  Operator,
  Precision,
} from './oracle/contract.js'
export { Failure, Refusal } from './oracle/contract.js'
export { contract, type Oracle, oracle } from './oracle/index.js'
export type { OracleOperator } from './oracle/operator.js'
export { fromNested, type Nested, type Tensor, type Tensors, tensor, toNested } from './oracle/tensor.js'
export { toTensor, toWire, type WireTensor, type WireTensors } from './oracle/wire.js'
export {
  type Call,
  type FailingCase,
  ieee,
  type Law,
  type LawReport,
  laws,
  type OperatorReport,
  type Profile,
  type ProfileName,
  profileNamed,
  type RunOptions,
  runLaws,
  type Subject,
  type TestReport,
} from './properties/index.js'
export { openSubject } from './subjects/open.js'
export { type OpenSubject, SubjectUnavailable } from './subjects/subject.js'
