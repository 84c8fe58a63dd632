package machine

// Bounds on what an image, a payload or a recording may ask for. They hold for everything that is loaded,
// whoever made it.
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
