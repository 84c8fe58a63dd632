// Package localapi carries [app.Bridge] between processes of one user, over a unix socket.
//
// The [Server] is a service of the agent; the [Client] is the bridge of a command line, a terminal UI or a
// web page. Requests are HTTP/1.1 with JSON; a watch is a stream of server-sent events, each
// holding records in their canonical encoding. Errors cross with their [aura.Kind].
//
// The socket lives in a directory that only its owner can enter, and the server refuses a caller
// whose user, as the kernel tells it, is another. Everything that a caller can make grow is
// bounded: the size and number of requests, the number of watches, and the time that a watcher may
// take to read. Bytes that are no request end their connection and leave one event.
//
// Start with [NewServer] and [Open].
package localapi
