import Testing

import Core
