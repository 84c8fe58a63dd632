package machine

// Bounds on an image, a payload or a recording. They hold for everything that is loaded,
// from any source.
const (
	maxRoles      = 1 << 14
	maxLabels     = 1 << 16
	maxEdges      = 1 << 18
	maxStates     = 1 << 20
	maxBranches   = 1 << 20
	maxFragments  = 1 << 10
	maxNameBytes  = 1 << 10
	maxSortDepth  = 32
	maxSortNodes  = 1 << 10
	maxPayload    = 1 << 24
	maxImageBytes = 1 << 26
)
