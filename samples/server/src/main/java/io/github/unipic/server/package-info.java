/**
 * UniPic over HTTP: {@link io.github.unipic.server.UniPicServer} starts it.
 *
 * <p>Below: {@code http} turns Jetty's requests into exchanges with routes, bounded and watched; {@code jobs} lets one
 * job after the other use the model; {@code images} encodes and keeps images; {@code openai} and {@code automatic1111}
 * hold the routes of the two dialects, one class each; {@code operation} what operators look at; {@code page} the page
 * for browsers.
 */
package io.github.unipic.server;
