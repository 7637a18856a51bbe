import Testing

import Storage
